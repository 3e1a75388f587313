"""A moto server on a port of loopback whose queues do one thing at a time.

By itself moto loses what is sent while a message is deleted, and hands a message to two that ask at once.
"""

import sys
import threading
import time

from moto.server import main
from moto.sqs.models import SQSBackend

POLL_SECONDS = 0.02

lock = threading.RLock()


def one_at_a_time(method):
    def locked(*args, **kwargs):
        with lock:
            return method(*args, **kwargs)

    return locked


take_now = one_at_a_time(SQSBackend.receive_message)


def receive_message(self, queue_name, count, wait_seconds_timeout, *args, **kwargs):
    end = time.monotonic() + wait_seconds_timeout
    while True:
        taken = take_now(self, queue_name, count, 0, *args, **kwargs)
        if taken or time.monotonic() >= end:
            return taken
        time.sleep(POLL_SECONDS)


for name in [
    "send_message",
    "send_message_batch",
    "delete_message",
    "delete_message_batch",
    "change_message_visibility",
    "change_message_visibility_batch",
    "get_queue_attributes",
]:
    setattr(SQSBackend, name, one_at_a_time(getattr(SQSBackend, name)))
SQSBackend.receive_message = receive_message

main(["-H", "127.0.0.1", "-p", *sys.argv[1:]])
