"""Finding, starting, observing and driving a browser. `driver.py` is the one to read first."""
