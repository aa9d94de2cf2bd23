"""Upload sessions over HTTP: tus and the IETF draft."""
