"""From exports to a LoRA: importers, corpus, dialogues, questionnaire, fine-tuning, evaluation."""
