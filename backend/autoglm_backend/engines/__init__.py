"""Engines that are programs of their own: started, watched and stopped, never imported."""
