"""Other services, as inspection sees them."""
