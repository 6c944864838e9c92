"""The commands of `cpts-gateway`, one file each. Like `app`, they may know every room; only `cli` imports them."""
