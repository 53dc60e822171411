//! libotelrs.so: attach, class hook pipeline, bridge and natives.
