"""SIP, RTP and the bridge: the only package that imports pjsua2."""
