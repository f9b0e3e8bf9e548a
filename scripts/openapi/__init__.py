"""The OpenAPI description of the REST surface, made from the contract."""
