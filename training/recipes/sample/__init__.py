"""How the sample subjects' photos are drawn."""
