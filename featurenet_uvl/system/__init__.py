"""The operating system: files, folders, standard streams, the garbage collector."""
