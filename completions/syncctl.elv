set edit:completion:arg-completer[syncctl] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) SYNCCTL_COMPLETE="elvish" syncctl -- $@words) | to-lines
}
