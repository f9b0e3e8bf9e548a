"""What runs networks, behind one port.

A model's folder holds each of its networks, called *towers*, three times over:
`<tower>.xml` with its `.bin` for OpenVINO, `<tower>.pt2` for torch, and
`<tower>.npz`, what torch answered to drawn inputs in 32-bit floats. `saved`
writes them when a model is built. `tower` opens one: `choice` takes the
fastest candidate that agrees with the reference, as `measure` found it on this
machine and `record` remembers.
"""
