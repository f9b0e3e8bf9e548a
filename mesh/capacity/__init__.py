"""What a mesh of some size needs: bytes, memory, processors, money (decision 39).

Arithmetic alone: nothing here asks a mesh.
"""
