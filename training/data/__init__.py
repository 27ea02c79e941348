"""From exports and answers to what is learnt and measured: importers, splits, dialogues, redaction."""
