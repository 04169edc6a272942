"""The model server: a GLM behind OpenAI's HTTP form, on this machine. Nothing is imported here; start at cli.py."""
