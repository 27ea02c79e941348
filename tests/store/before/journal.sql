BEGIN TRANSACTION;
CREATE TABLE chats (
    key TEXT PRIMARY KEY, platform TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL
);
INSERT INTO "chats" VALUES('telegram:7','telegram','7','private','');
INSERT INTO "chats" VALUES('telegram:-100','telegram','-100','group','Climbing');
INSERT INTO "chats" VALUES('telegram:-100/12','telegram','-100/12','group','Climbing');
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    chat TEXT NOT NULL REFERENCES chats(key),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    at REAL NOT NULL,
    native_id TEXT,
    sender_platform TEXT, sender_id TEXT, sender_name TEXT,
    text TEXT NOT NULL,
    photos TEXT NOT NULL DEFAULT '[]',
    addressed INTEGER NOT NULL DEFAULT 0,
    addressed_other INTEGER NOT NULL DEFAULT 0,
    from_bot INTEGER NOT NULL DEFAULT 0,
    reply INTEGER
, floor TEXT, tries INTEGER NOT NULL DEFAULT 0, begun INTEGER NOT NULL DEFAULT 0, trouble TEXT, placeholder TEXT NOT NULL DEFAULT '');
INSERT INTO "entries" VALUES(1,'telegram:7','message','answered',1795197660.0,'1','telegram','7','Mei','are you coming?','[]',0,0,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(2,'telegram:7','bubble','sent',1795197660.0,'2',NULL,NULL,NULL,'yes','[]',0,0,0,2,'1',0,0,NULL,'');
INSERT INTO "entries" VALUES(3,'telegram:7','bubble','sent',1795197660.0,'3',NULL,NULL,NULL,'at six','[]',0,0,0,2,'2',0,0,NULL,'');
INSERT INTO "entries" VALUES(4,'telegram:7','message','answered',1795197840.0,'4','telegram','7','Mei','look','[["file1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], ["file2", ""]]',0,0,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(5,'telegram:7','bubble','sent',1795197840.0,'5',NULL,NULL,NULL,'lovely','[]',0,0,0,5,'4',0,0,NULL,'');
INSERT INTO "entries" VALUES(6,'telegram:7','message','answered',1795197960.0,'6','telegram','7','Mei','','[]',0,0,0,NULL,NULL,0,0,NULL,'voice');
INSERT INTO "entries" VALUES(7,'telegram:7','bubble','sent',1795197960.0,'7',NULL,NULL,NULL,'tell me','[]',0,0,0,7,'6',0,0,NULL,'');
INSERT INTO "entries" VALUES(8,'telegram:7','message','answered',1795198080.0,'8','telegram','7','Mei','😂','[["sticker1", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]]',0,0,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(9,'telegram:7','bubble','sent',1795198080.0,'9',NULL,NULL,NULL,'haha','[]',0,0,0,9,'8',0,0,NULL,'');
INSERT INTO "entries" VALUES(10,'telegram:7','message','answered',1795198200.0,'10','telegram','7','Mei','','[["sticker2", "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"]]',0,0,0,NULL,NULL,0,0,NULL,'sticker');
INSERT INTO "entries" VALUES(11,'telegram:7','bubble','sent',1795198200.0,'11',NULL,NULL,NULL,'ok','[]',0,0,0,11,'10',0,0,NULL,'');
INSERT INTO "entries" VALUES(12,'telegram:7','message','answered',1795198320.0,'12','telegram','7','Mei','Café Rose','[]',0,0,0,NULL,NULL,0,0,NULL,'location');
INSERT INTO "entries" VALUES(13,'telegram:7','bubble','sent',1795198320.0,'13',NULL,NULL,NULL,'there in ten','[]',0,0,0,13,'12',0,0,NULL,'');
INSERT INTO "entries" VALUES(14,'telegram:7','message','answered',1795198440.0,'14','telegram','7','Mei','my film','[]',0,0,0,NULL,NULL,0,0,NULL,'photo');
INSERT INTO "entries" VALUES(15,'telegram:7','bubble','sent',1795198440.0,'15',NULL,NULL,NULL,'too large for me','[]',0,0,0,15,'14',0,0,NULL,'');
INSERT INTO "entries" VALUES(16,'telegram:7','message','answered',1795198560.0,'16','telegram','7','Mei','the holidays','[]',0,0,0,NULL,NULL,0,0,NULL,'video');
INSERT INTO "entries" VALUES(17,'telegram:7','bubble','sent',1795198560.0,'17',NULL,NULL,NULL,'so blue','[]',0,0,0,17,'16',0,0,NULL,'');
INSERT INTO "entries" VALUES(18,'telegram:-100','message','silent',1795198680.0,'18','telegram','8','Tom','line 0','[]',0,0,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(19,'telegram:-100','message','silent',1795198740.0,'19','telegram','8','Tom','line 1','[]',0,1,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(20,'telegram:-100','message','silent',1795198800.0,'20','telegram','8','Tom','line 2','[]',0,0,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(21,'telegram:-100','message','silent',1795198860.0,'21','telegram','8','Tom','line 3','[]',1,0,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(22,'telegram:-100/12','message','answered',1795198920.0,'22','telegram','8','Tom','in the topic','[]',1,0,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(23,'telegram:-100/12','bubble','sent',1795198920.0,'23',NULL,NULL,NULL,'here too','[]',0,0,0,23,'22',0,0,NULL,'');
INSERT INTO "entries" VALUES(24,'telegram:-100','message','ignored',1795199040.0,'24','telegram','9','Robot','beep','[]',0,0,1,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(25,'telegram:7','message','new',1795199100.0,'25','telegram','7','Mei','this one waits','[]',0,0,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(26,'telegram:7','message','new',1795199160.0,'26','telegram','7','Mei','with a picture','[["file3", null]]',0,0,0,NULL,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(27,'telegram:-100','notice','queued',1795199160.0,NULL,NULL,NULL,NULL,'a notice','[]',0,0,0,27,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(28,'telegram:-100','bubble','queued',1795199160.0,NULL,NULL,NULL,NULL,'queued and not sent','[]',0,0,0,27,NULL,0,0,NULL,'');
INSERT INTO "entries" VALUES(29,'telegram:-100','message','aside',1795199220.0,'27','telegram','8','Tom','set aside','[]',0,0,0,NULL,NULL,0,0,'ValueError','');
CREATE TABLE moved (old TEXT PRIMARY KEY, new TEXT NOT NULL REFERENCES chats(key));
INSERT INTO "moved" VALUES('telegram:-5','telegram:-100');
CREATE TABLE stopped (platform TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (platform, id));
INSERT INTO "stopped" VALUES('telegram','55');
CREATE UNIQUE INDEX entries_native ON entries(chat, native_id) WHERE kind = 'message';
CREATE INDEX entries_chat ON entries(chat, seq);
CREATE INDEX entries_open ON entries(state) WHERE state IN ('new', 'queued', 'sending');
CREATE INDEX entries_aside ON entries(state) WHERE state = 'aside';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('entries',29);
COMMIT;
PRAGMA user_version = 2;
