"""The layer between msrun and MindFormers' own Trainer. It imports nothing heavy by itself: order matters (see launch.py)."""
