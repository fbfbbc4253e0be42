"""The worker: a process, on whatever machine, that takes attempts out of the queue and carries them out."""
