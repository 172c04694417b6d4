"""Builds the pjsua2 wheel: verified source, our patches, static C library, SWIG module.

Standard library only: it runs with the system's python3 before any virtual environment exists.

| module   | what                                                              |
|----------|-------------------------------------------------------------------|
| cli      | options, the order of the stages, what is printed                 |
| recipe   | everything that decides what comes out: flags, config_site, patches |
| needs    | the Debian packages of the build, and which of them are missing   |
| source   | where the PJSIP source comes from and how it is verified          |
| build    | configure, C library and SWIG wrapper side by side, link, check   |
| wheel    | the wheel file                                                    |
| cache    | one finished wheel per key; locked, atomic                        |
| progress | a bar on a terminal, plain lines elsewhere                        |
"""
