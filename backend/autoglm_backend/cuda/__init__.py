"""The int8 engine's forward pass on NVIDIA cards."""
