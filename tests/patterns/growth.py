"""Processor time that grows with the length of a text."""

import time

#: Characters.
SIZES = (125, 500, 2_000)
#: How much more the time may grow than the text.
ALLOWED = 2
RUNS = 5
ATTEMPTS = 3
#: Seconds: what is shorter is measured many times.
MEASURABLE = 0.002


def least(call):
    """Return the least processor time of some runs of ``call``, in seconds."""
    repeats, spent = 1, _spent(call, 1)
    while spent < MEASURABLE:
        repeats *= 4
        spent = _spent(call, repeats)
    return min(spent, *(_spent(call, repeats) for _run in range(RUNS - 1))) / repeats


def is_steep(call, text):
    """Return whether ``call`` takes more time for longer texts than it may."""
    small, large = text(SIZES[0]), text(SIZES[-1])
    # One look first: most texts are matched in no time.
    quick, slow = min(_once(call, small), _once(call, small)), _once(call, large)
    if slow < MEASURABLE / 10 or slow < quick * len(large) / len(small) * 1.5:
        return False
    made = [text(size) for size in SIZES]
    # On a busy machine it may seem so once.
    return all(_grows_too_much(call, made) for _attempt in range(ATTEMPTS))


def _grows_too_much(call, made):
    times = [least(lambda item=item: call(item)) for item in made]
    return any(
        times[n + 1] / times[n] > ALLOWED * len(made[n + 1]) / len(made[n])
        for n in range(len(SIZES) - 1)
    )


def _once(call, text):
    return _spent(lambda: call(text), 1)


def _spent(call, repeats):
    began = time.process_time()
    for _repeat in range(repeats):
        call()
    return time.process_time() - began
