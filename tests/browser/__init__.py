"""What people meet in a real browser, on a mesh with all real parts."""
