"""How the embedded GLM is made: pages and tasks are generated, never collected. Start reading at `README.md`."""
