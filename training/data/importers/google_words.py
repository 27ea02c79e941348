"""The words of dates as Google writes them, which are those of Unicode's locale data: months, weekdays, prepositions.

Chinese, Japanese and Korean write months as numbers.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language, in small letters. months: January first. between: prepositions and the like."""

    months: tuple[str, ...]
    weekdays: frozenset[str]
    between: frozenset[str]


def _language(months: str, weekdays: str, between: str = "") -> Language:
    return Language(tuple(months.split()), frozenset(weekdays.split()), frozenset(between.split()))


LANGUAGES = (
    _language("january february march april may june july august september october november december",
              "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun", "at"),
    _language("jan feb mar apr may jun jul aug sep oct nov dec",
              "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun", "at"),
    _language("januar februar märz april mai juni juli august september oktober november dezember",
              "montag dienstag mittwoch donnerstag freitag samstag sonntag", "um"),
    _language("janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
              "lundi mardi mercredi jeudi vendredi samedi dimanche", "à"),
    _language("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
              "lunes martes miércoles jueves viernes sábado domingo", "de a las"),
    _language("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
              "lunedì martedì mercoledì giovedì venerdì sabato domenica", "alle ore"),
    _language("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
              "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo", "de às"),
    _language("января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
              "понедельник вторник среда четверг пятница суббота воскресенье", "г в"),
    _language("січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
              "понеділок вівторок середа четвер п\u02bcятниця п'ятниця субота неділя", "р о"),
    _language("januari februari maart april mei juni juli augustus september oktober november december",
              "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag", "om"),
    _language("stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
              "poniedziałek wtorek środa czwartek piątek sobota niedziela"),
    _language("ledna února března dubna května června července srpna září října listopadu prosince",
              "pondělí úterý středa čtvrtek pátek sobota neděle", "v"),
    _language("január február március április május június július augusztus szeptember október november december",
              "hétfő kedd szerda csütörtök péntek szombat vasárnap"),
    _language("januari februari mars april maj juni juli augusti september oktober november december",
              "måndag tisdag onsdag torsdag fredag lördag söndag", "kl"),
    _language("januar februar marts april maj juni juli august september oktober november december",
              "mandag tirsdag onsdag torsdag fredag lørdag søndag", "den kl"),
    _language("januar februar mars april mai juni juli august september oktober november desember",
              "mandag tirsdag onsdag torsdag fredag lørdag søndag", "kl"),
    _language("ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
              "pazartesi salı çarşamba perşembe cuma cumartesi pazar"),
)  # fmt: skip
