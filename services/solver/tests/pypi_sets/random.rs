//! The sets around answers in small worlds.
