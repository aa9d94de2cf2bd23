"""An optional app: e-mail users, session login and JWT, over any user model."""
