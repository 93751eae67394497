"""The screen: a Textual app that knows services, never botocore. Panes post messages, screens call services
in `background` pools, answers come back to the pane that asked."""
