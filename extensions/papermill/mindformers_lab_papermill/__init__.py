"""TypeScript parameters for papermill. Imports nothing by itself: papermill loads `engine` while it is itself only half imported."""
