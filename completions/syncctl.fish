complete --keep-order --exclusive --command syncctl --arguments "(SYNCCTL_COMPLETE=fish syncctl -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
