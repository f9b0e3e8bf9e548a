"""Starting, watching and stopping the parts of a mesh."""
