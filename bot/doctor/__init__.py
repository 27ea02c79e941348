"""`echoes doctor`: whether a workspace, its model and its platforms are as they must be, in sentences."""
