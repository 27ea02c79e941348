"""What runs for months: platforms kept alive, health, schedule, signals, and the order of starting and stopping."""
