"""One platform adapter a module: connects, converts, fetches, sends. No policy here."""
