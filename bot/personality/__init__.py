"""How somebody is: the IPIP-NEO-120, its key, its norms, and what of it the avatar is told."""
