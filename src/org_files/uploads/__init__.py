"""Upload sessions: bytes that arrive over any number of requests, by any protocol.

``protocols`` parses headers, ``places`` has the bytes, ``taking`` lets one request at a time write,
``appending`` writes its bytes, ``services`` begins a session and ``ending`` makes it a file. The
bytes of ``direct`` uploads go to the store. ``asgi`` is imported before apps are loaded.
"""
