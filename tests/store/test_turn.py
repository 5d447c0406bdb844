"""Writers of one process have their turns in order."""

import threading
import time

from kinoform.store.turn import Turn

WRITERS = 8


def test_who_came_first_goes_first_whoever_takes_it_again() -> None:
    turn, order = Turn(), list[int]()

    def write(number: int) -> None:
        for _ in range(3):
            with turn:
                order.append(number)

    with turn:
        threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        for number, thread in enumerate(threads):
            thread.start()
            while turn.waiting <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order[:WRITERS] == list(range(WRITERS)), "nobody is passed by one who was there already"
    assert turn.waiting == 0


def test_no_two_are_in_it_at_once_and_an_error_lets_go() -> None:
    turn, inside, most = Turn(), 0, 0

    def write() -> None:
        nonlocal inside, most
        for _ in range(20):
            try:
                with turn:
                    inside += 1
                    most = max(most, inside)
                    inside -= 1
                    raise KeyError
            except KeyError:
                continue

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, inside, turn.waiting) == (1, 0, 0)
