"""The single-machine edition of Argus and its command line."""
