//! A part of the engine ends by accident.
