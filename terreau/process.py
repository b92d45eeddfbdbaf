"""What holds for the whole process that serves: its collector of garbage, and how its threads take turns."""

import gc
import sys

TURN_SECONDS = 0.001


def settle() -> None:
    """Call when all that stays has been made: content, app, parts of the house.

    A full collection stops every thread while it looks at each object there is: 180 ms with these 200,000, and every
    form waits. What is settled is not looked at again; what is made later is collected as before.

    A thread that computes keeps the others waiting for a turn, and each of a form's sixteen statements asks for the
    next one: at Python's 5 ms that was 80 ms a form beside a busy engine.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(TURN_SECONDS)
