"""Real third-party servers for tests: Asterisk, Kamailio, SIPp, baresip."""
