BEGIN TRANSACTION;
CREATE TABLE chats (
    id INTEGER PRIMARY KEY, platform TEXT NOT NULL, native_id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
    owner TEXT  -- private chats: the other account beside native_id, where the export tells
) STRICT;
INSERT INTO "chats" VALUES(1,'wechat','wxid_p0syp4nda7731','private','posy 🐼 in chengdu','wxid_wr3nb1rd5528w');
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL REFERENCES chats,
    sender INTEGER NOT NULL REFERENCES senders,
    name INTEGER NOT NULL REFERENCES names,  -- the display name at the time
    sent_ms INTEGER NOT NULL,  -- since 1970 in UTC
    position INTEGER NOT NULL,  -- breaks ties within a second: the exporter's own order
    text TEXT NOT NULL,
    photos TEXT NOT NULL,  -- digests in the media store, separated by spaces
    placeholder TEXT,
    forwarded INTEGER NOT NULL,
    native_id TEXT,
    space TEXT,  -- what native_id is unique in; NULL where nothing is known of it
    reply_native TEXT,
    reply_to INTEGER REFERENCES messages,
    source INTEGER NOT NULL REFERENCES sources
) STRICT;
INSERT INTO "messages" VALUES(1,1,1,1,1746450153000,1,'IT WORKS HELLO FROM CHENGDU','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(2,1,2,2,1746450219000,2,'AAAA HELLO','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(3,1,2,2,1746450221000,3,'ur alive','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(4,1,2,2,1746450225000,4,'how was the flight','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(5,1,2,2,1746450231000,5,'did they have soup','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(6,1,1,1,1746450256000,6,'they had congee. which is rice soup','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(7,1,2,2,1746450282000,7,'im moving there','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(8,1,1,1,1746450357000,8,'it''s hot and loud and i love it','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(9,1,2,2,1746450376000,9,'so its you as a city ✨','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(10,1,1,1,1746541246000,10,'','d930e8f4a42d452a67261ac6861e3d045e71eaada0263e989b7f9a585e8fd711',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(11,1,1,1,1746541247000,11,'my first noodles. three euros','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(12,1,2,2,1746541303000,12,'oh my days','',NULL,0,NULL,NULL,'11',NULL,1);
INSERT INTO "messages" VALUES(13,1,2,2,1746541306000,13,'is that an EGG','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(14,1,2,2,1746541312000,14,'im licking my phone','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(15,1,1,1,1746541337000,15,'i cried from the spice','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(16,1,2,2,1746541359000,16,'happy crying or help crying','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(17,1,1,1,1746541404000,17,'both','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(18,1,2,2,1746541453000,18,'u get that from grandma 😭','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(19,1,1,1,1746792955000,19,'i met the children today. one asked if i''m a giant','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(20,1,2,2,1746793002000,20,'u are a giant','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(21,1,2,2,1746793007000,21,'tell them yes','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(22,1,1,1,1746793033000,22,'i said yes','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(23,1,2,2,1746793047000,23,'good','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(24,1,2,2,1746793053000,24,'never lie to kids','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(25,1,2,2,1746793056000,25,'how many are there','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(26,1,1,1,1746793117000,26,'28!! i know four names','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(27,1,2,2,1746793144000,27,'okok thats four more than yesterday','',NULL,0,NULL,NULL,'26',NULL,1);
INSERT INTO "messages" VALUES(28,1,2,2,1746793148000,28,'u got this','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(29,1,1,1,1746961208000,29,'sunday call?','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(30,1,2,2,1746961222000,30,'calling in 2','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(31,1,2,2,1746961226000,31,'let me move admiral off the laptop','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(32,1,1,1,1746961246000,32,'leave him on he''s family','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(33,1,2,2,1746961303000,33,'','16106c2b772eecaacb3dd7b5ff1d316e4a26af716cb35d876ad411b0949f225e',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(34,1,2,2,1746961304000,34,'he says ur late','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(35,1,1,1,1746961372000,35,'MY BOY','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(36,1,2,2,1746961389000,36,'he''s been sleeping in the spare jumper u left','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(37,1,2,2,1746961396000,37,'dont tell me thats not love','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(38,1,1,1,1747323907000,38,'how do you say no to a very nice old lady who keeps feeding you','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(39,1,2,2,1747323934000,39,'u dont','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(40,1,2,2,1747323941000,40,'thats the law in every country','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(41,1,1,1,1747324002000,41,'she''s my neighbour. mrs zhao. she made me dumplings','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(42,1,2,2,1747324033000,42,'what kind','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(43,1,2,2,1747324035000,43,'details','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(44,1,2,2,1747324039000,44,'im at work but this is urgent','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(45,1,1,1,1747324063000,45,'chive and egg. no meat because i said i don''t mind','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(46,1,2,2,1747324120000,46,'shes my neighbour now too','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(47,1,2,2,1747324127000,47,'send her bread by post 🥟','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(48,1,1,1,1747566349000,48,'is it normal to be homesick at the supermarket','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(49,1,2,2,1747566365000,49,'yes','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(50,1,2,2,1747566371000,50,'supermarkets are where it gets u','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(51,1,2,2,1747566378000,51,'its the yogurt aisle isnt it','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(52,1,1,1,1747566450000,52,'it WAS the yogurt aisle','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(53,1,2,2,1747566493000,53,'okok breathe','',NULL,0,NULL,NULL,'52',NULL,1);
INSERT INTO "messages" VALUES(54,1,2,2,1747566500000,54,'buy one silly thing and one useful thing','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(55,1,1,1,1747566516000,55,'i bought a tiny broom and a pear','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(56,1,2,2,1747566570000,56,'perfect shop','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(57,1,2,2,1747566575000,57,'10/10','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(58,1,2,2,1747566577000,58,'i love u 🍐','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(59,1,1,1,1747837828000,59,'what are you doing at the weekend?','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(60,1,2,2,1747837877000,60,'sofa moving for mira saturday','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(61,1,2,2,1747837884000,61,'well not this one the next one','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(62,1,2,2,1747837889000,62,'this weekend is bread and a nap','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(63,1,1,1,1747837930000,63,'you nap like a grandad','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(64,1,2,2,1747837966000,64,'i AM a grandad','',NULL,0,NULL,NULL,'63',NULL,1);
INSERT INTO "messages" VALUES(65,1,2,2,1747837970000,65,'gerald''s grandad technically','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(66,1,1,1,1747838028000,66,'send bread pics','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(67,1,2,2,1747838096000,67,'okok if it doesnt burn','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(68,1,1,1,1748081417000,68,'bread pic? you promised','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(69,1,2,2,1748081482000,69,'','acc6c03febf10055d8108d694ea168ef87c2bcbc15656db7596f6bd740f2423f',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(70,1,2,2,1748081483000,70,'so','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(71,1,1,1,1748081498000,71,'WREN','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(72,1,2,2,1748081540000,72,'i fell asleep','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(73,1,2,2,1748081542000,73,'grandad nap','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(74,1,2,2,1748081547000,74,'the smoke alarm was very supportive','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(75,1,1,1,1748081606000,75,'is gerald ok','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(76,1,2,2,1748081654000,76,'gerald is fine gerald is in the fridge','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(77,1,2,2,1748081657000,77,'he saw everything 🫠','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(78,1,1,1,1748081723000,78,'i''m laughing so loudly mrs zhao knocked','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(79,1,2,2,1748081769000,79,'tell her hi from the arsonist','',NULL,0,NULL,NULL,'78',NULL,1);
INSERT INTO "messages" VALUES(80,1,1,1,1748439653000,80,'i had my first proper conversation in chinese today','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(81,1,2,2,1748439681000,81,'NO WAY','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(82,1,2,2,1748439686000,82,'what about','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(83,1,1,1,1748439707000,83,'a melon','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(84,1,2,2,1748439728000,84,'and','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(85,1,1,1,1748439769000,85,'i bought the melon','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(86,1,2,2,1748439795000,86,'SCREAMING (quietly)','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(87,1,2,2,1748439797000,87,'diplomat','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(88,1,2,2,1748439802000,88,'ambassador to melons ✨','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(89,1,1,1,1748776220000,89,'sunday! are you calling','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(90,1,2,2,1748776259000,90,'10 mins','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(91,1,2,2,1748776262000,91,'i have dough hands','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(92,1,1,1,1748776292000,92,'did you eat something other than dough','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(93,1,2,2,1748776356000,93,'yes!! lentil soup','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(94,1,2,2,1748776360000,94,'obviously','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(95,1,1,1,1748776411000,95,'what else is new','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(96,1,2,2,1748776460000,96,'mushrooms in it','',NULL,0,NULL,NULL,'95',NULL,1);
INSERT INTO "messages" VALUES(97,1,2,2,1748776462000,97,'im evolving','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(98,1,1,1,1749136951000,98,'be honest how''s mum','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(99,1,2,2,1749137013000,99,'good honest','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(100,1,2,2,1749137019000,100,'she joined the choir','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(101,1,2,2,1749137025000,101,'shes an alto now and she says it a lot','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(102,1,1,1,1749137058000,102,'ha. and grandma','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(103,1,2,2,1749137107000,103,'asks about ur tea supply every day','',NULL,0,NULL,NULL,'102',NULL,1);
INSERT INTO "messages" VALUES(104,1,2,2,1749137111000,104,'knitting u something secret','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(105,1,2,2,1749137113000,105,'its green','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(106,1,2,2,1749137116000,106,'i said nothing','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(107,1,1,1,1749137136000,107,'it''s a hat isn''t it','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(108,1,2,2,1749137151000,108,'respectfully no comment 🧶','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(109,1,1,1,1749559845000,109,'','3dedca32029028f202a0cdbc24b45603ad242ddc594bc9d67c891bb40b63b3cd',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(110,1,1,1,1749559846000,110,'one of my kids gave me his favourite book. it''s about a frog who''s scared of rain','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(111,1,2,2,1749559859000,111,'oh my heart','',NULL,0,NULL,NULL,'110',NULL,1);
INSERT INTO "messages" VALUES(112,1,2,2,1749559861000,112,'are you ok','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(113,1,2,2,1749559863000,113,'im not','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(114,1,1,1,1749559923000,114,'i cried in front of 28 children','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(115,1,2,2,1749559976000,115,'good','',NULL,0,NULL,NULL,'114',NULL,1);
INSERT INTO "messages" VALUES(116,1,2,2,1749559982000,116,'let them see a giant cry','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(117,1,2,2,1749559986000,117,'thats education 🐸','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(118,1,1,1,1749896747000,118,'how''s everything at the museum? still bullying maps','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(119,1,2,2,1749896791000,119,'gently!!','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(120,1,2,2,1749896798000,120,'we have a love letter now','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(121,1,2,2,1749896803000,121,'tobias the sailor','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(122,1,1,1,1749896842000,122,'TELL ME EVERYTHING','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(123,1,2,2,1749896883000,123,'he wrote it in 1893 and never sent it','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(124,1,2,2,1749896891000,124,'it was in a ledger between herring and rope','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(125,1,1,1,1749896958000,125,'between herring and rope is a great book title','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(126,1,2,2,1749896987000,126,'its the name of my autobiography 😭','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(127,1,1,1,1750255503000,127,'can you do me a favour and find my degree certificate? school wants a scan','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(128,1,2,2,1750255541000,128,'okok where is it','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(129,1,1,1,1750255598000,129,'box under your bed. with the ukulele','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(130,1,2,2,1750255663000,130,'the ukulele of shame','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(131,1,1,1,1750255694000,131,'don''t','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(132,1,2,2,1750255733000,132,'found it','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(133,1,2,2,1750255740000,133,'scanned it at 600 dpi bc im a professional','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(134,1,2,2,1750255745000,134,'sending in a sec','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(135,1,1,1,1750255795000,135,'angel','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(136,1,2,2,1750255851000,136,'also i played three chords','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(137,1,2,2,1750255857000,137,'admiral left the flat 🎶','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(138,1,1,1,1750590010000,138,'happy sunday bird','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(139,1,2,2,1750590043000,139,'happy sunday giant','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(140,1,2,2,1750590048000,140,'calling in five','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(141,1,1,1,1750590117000,141,'mrs zhao wants to say hello','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(142,1,2,2,1750590147000,142,'WAIT let me brush my hair','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(143,1,2,2,1750590151000,143,'ok not brushing it','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(144,1,2,2,1750590155000,144,'shes seen the cat in the sink','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(145,1,1,1,1750857484000,145,'','452fb082d897bd839ea9c8058c356b1189e880f293269bcae70b3b6978c3b374',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(146,1,1,1,1750857485000,146,'team dinner. what would you order, left or right','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(147,1,2,2,1750857513000,147,'left!!','',NULL,0,NULL,NULL,'146',NULL,1);
INSERT INTO "messages" VALUES(148,1,2,2,1750857517000,148,'the soup one','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(149,1,2,2,1750857524000,149,'right is a cow with a hat on','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(150,1,1,1,1750857589000,150,'it''s beef','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(151,1,2,2,1750857636000,151,'thats what i said','',NULL,0,NULL,NULL,'150',NULL,1);
INSERT INTO "messages" VALUES(152,1,2,2,1750857642000,152,'left left left 🍲','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(153,1,1,1,1750857688000,153,'got the left. it''s incredible','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(154,1,2,2,1750857750000,154,'never doubt me','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(155,1,1,1,1751196627000,155,'i might stay another year','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(156,1,2,2,1751196692000,156,'oh','',NULL,0,NULL,NULL,'155',NULL,1);
INSERT INTO "messages" VALUES(157,1,1,1,1751196729000,157,'is that ok','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(158,1,2,2,1751196740000,158,'of course its ok','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(159,1,2,2,1751196747000,159,'i did a small oh but the rest of me is clapping','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(160,1,1,1,1751196790000,160,'come visit at new year. i''ll pay half','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(161,1,2,2,1751196803000,161,'okok','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(162,1,2,2,1751196812000,162,'im learning "one soup no meat please" starting today','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(163,1,1,1,1751196881000,163,'yi wan tang bu yao rou','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(164,1,2,2,1751196928000,164,'yi wan tang','',NULL,0,NULL,NULL,'163',NULL,1);
INSERT INTO "messages" VALUES(165,1,2,2,1751196932000,165,'love of my life ✨','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(166,1,1,1,1751467486000,166,'what did you have for dinner yesterday, i need ideas','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(167,1,2,2,1751467536000,167,'cold cucumber soup','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(168,1,2,2,1751467541000,168,'its 30 degrees here','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(169,1,2,2,1751467547000,169,'mum says im unhinged','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(170,1,1,1,1751467564000,170,'you are','',NULL,0,NULL,NULL,NULL,NULL,1);
INSERT INTO "messages" VALUES(171,1,2,2,1751467585000,171,'unhinged and hydrated 🥒','',NULL,0,NULL,NULL,NULL,NULL,1);
CREATE TABLE names (
    id INTEGER PRIMARY KEY, sender INTEGER NOT NULL REFERENCES senders, name TEXT NOT NULL, UNIQUE (sender, name)
) STRICT;
INSERT INTO "names" VALUES(1,1,'posy 🐼 in chengdu');
INSERT INTO "names" VALUES(2,2,'wren 🐦');
CREATE TABLE senders (
    id INTEGER PRIMARY KEY, platform TEXT NOT NULL, native_id TEXT NOT NULL, is_bot INTEGER NOT NULL DEFAULT 0,
    UNIQUE (platform, native_id)
) STRICT;
INSERT INTO "senders" VALUES(1,'wechat','wxid_p0syp4nda7731',0);
INSERT INTO "senders" VALUES(2,'wechat','wxid_wr3nb1rd5528w',0);
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, imported_at INTEGER NOT NULL,
    resolution_ms INTEGER NOT NULL,  -- of its times: 1000, or 60000 where the seconds are missing
    kept INTEGER NOT NULL, truncated INTEGER NOT NULL
) STRICT;
INSERT INTO "sources" VALUES(1,'posy in chengdu.json','WeFlow',1795925944,1000,171,0);
CREATE INDEX chats_by_native ON chats (platform, native_id);
CREATE INDEX messages_by_time ON messages (chat, sent_ms, position, id);
CREATE INDEX messages_by_native ON messages (chat, native_id) WHERE native_id IS NOT NULL;
CREATE INDEX messages_by_sender ON messages (sender, name, chat);
CREATE INDEX unresolved_replies ON messages (chat, reply_native) WHERE reply_to IS NULL AND reply_native IS NOT NULL;
COMMIT;
PRAGMA user_version = 1;
