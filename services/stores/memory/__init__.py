"""A store in this process's memory: for tests of everything above the Store contract, faults on demand."""
