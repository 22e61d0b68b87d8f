"""What a person does to a window with the mouse: looks whether it is there, clicks its cross.

    x11.py TITLE state     prints "visible" or "hidden"
    x11.py TITLE close     asks it to close, as a window manager does (ICCCM 4.2.8.1)

Straight on libX11, which every GTK program brings along: the display of the tests has no window manager.
"""

import ctypes
import sys
from ctypes import POINTER, Structure, Union, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p

CLIENT_MESSAGE, VIEWABLE = 33, 2


class Attributes(Structure):
    """XWindowAttributes."""

    _fields_ = (
        [(name, c_int) for name in ("x", "y", "width", "height", "border_width", "depth")]
        + [("visual", c_void_p), ("root", c_ulong)]
        + [(name, c_int) for name in ("kind", "bit_gravity", "win_gravity", "backing_store")]
        + [("backing_planes", c_ulong), ("backing_pixel", c_ulong), ("save_under", c_int), ("colormap", c_ulong)]
        + [("map_installed", c_int), ("map_state", c_int)]
        + [(name, c_long) for name in ("all_events", "your_events", "not_propagated")]
        + [("override_redirect", c_int), ("screen", c_void_p)]
    )


class ClientMessage(Structure):
    """XClientMessageEvent, 32 bits a piece."""

    _fields_ = [
        ("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("window", c_ulong),
        ("message_type", c_ulong), ("format", c_int), ("data", c_long * 5),
    ]  # fmt: skip


class Event(Union):
    _fields_ = [("message", ClientMessage), ("pad", c_long * 24)]


x11 = ctypes.CDLL("libX11.so.6")
x11.XOpenDisplay.restype = c_void_p
x11.XOpenDisplay.argtypes = [c_char_p]
x11.XDefaultRootWindow.restype = c_ulong
x11.XDefaultRootWindow.argtypes = [c_void_p]
x11.XQueryTree.argtypes = [c_void_p, c_ulong, POINTER(c_ulong), POINTER(c_ulong), POINTER(POINTER(c_ulong)), POINTER(c_uint)]
x11.XFetchName.argtypes = [c_void_p, c_ulong, POINTER(c_char_p)]
x11.XGetWindowAttributes.argtypes = [c_void_p, c_ulong, POINTER(Attributes)]
x11.XInternAtom.restype = c_ulong
x11.XInternAtom.argtypes = [c_void_p, c_char_p, c_int]
x11.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, POINTER(Event)]
x11.XCloseDisplay.argtypes = [c_void_p]


def found(display, title):
    """The top windows of this title that take part in the protocol of closing; GTK has invisible ones of the same name."""
    root, parent, children, count = c_ulong(), c_ulong(), POINTER(c_ulong)(), c_uint()
    top = x11.XDefaultRootWindow(display)
    if not x11.XQueryTree(display, top, byref(root), byref(parent), byref(children), byref(count)):
        sys.exit("XQueryTree failed")
    for window in children[: count.value]:
        name, attributes = c_char_p(), Attributes()
        if not x11.XGetWindowAttributes(display, window, byref(attributes)) or attributes.width < 100:
            continue
        if x11.XFetchName(display, window, byref(name)) and name.value == title.encode():
            yield window, attributes.map_state == VIEWABLE


def close(display, window):
    event = Event()
    event.message.type = CLIENT_MESSAGE
    event.message.window = window
    event.message.message_type = x11.XInternAtom(display, b"WM_PROTOCOLS", False)
    event.message.format = 32
    event.message.data[0] = x11.XInternAtom(display, b"WM_DELETE_WINDOW", False)
    if not x11.XSendEvent(display, window, False, 0, byref(event)):
        sys.exit("XSendEvent failed")


def main():
    title, wanted = sys.argv[1:]
    display = x11.XOpenDisplay(None)
    if not display:
        sys.exit("no display")
    windows = list(found(display, title))
    if wanted == "close":
        for window in (window for window, visible in windows if visible):
            close(display, window)
    else:
        # One that was never shown is not there yet.
        print("visible" if any(visible for _, visible in windows) else "hidden")
    x11.XCloseDisplay(display)


main()
