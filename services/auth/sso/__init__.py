"""Signing in with OpenID Connect: an account of elsewhere proves who somebody is."""
