export const environmentTable: readonly {readonly variable: string; readonly meaning: string}[] = [
  {variable: 'TEMPORAL_ADDRESS', meaning: "Temporal's host:port."},
  {variable: 'TEMPORAL_NAMESPACE', meaning: "Temporal's namespace."},
  {variable: 'TEMPORAL_API_KEY, TEMPORAL_TLS_*', meaning: "Access to a secured Temporal, as for Temporal's own tools."},
  {variable: 'WAYBILL_CONFIG', meaning: 'The configuration file of a worker; otherwise waybill.yaml, found upwards.'},
  {variable: 'NO_COLOR', meaning: 'Set and not empty: no colours. Wins over FORCE_COLOR.'},
  {variable: 'FORCE_COLOR', meaning: 'Colours also where there is no terminal; 0: none.'},
  {variable: 'TERM', meaning: 'dumb: no colours, no bars, plain sentences.'},
  {
    variable: 'XDG_STATE_HOME',
    meaning: 'Below it, waybill/cli remembers what `waybill wait` needs. Default ~/.local/state.',
  },
  {variable: 'XDG_CACHE_HOME', meaning: 'Below it, waybill/code holds the compiled CLI. Default ~/.cache.'},
  {variable: 'WAYBILL_CODE_CACHE', meaning: 'off: the compiled CLI is neither kept nor used.'},
  {variable: 'WAYBILL_DEBUG', meaning: 'Set and not empty: failures come with the place in the program.'},
];

export const signalRules: readonly string[] = [
  'While a run is followed (run, wait, retry):',
  '  Ctrl-C on a terminal asks: detach (the run goes on), cancel it, or go on. Ctrl-C again detaches at once.',
  '  Without a terminal, SIGINT detaches. SIGTERM and SIGHUP always detach.',
  '  A run that was detached from goes on; `waybill wait ID` takes it up again, `waybill cancel ID` ends it.',
  'While inputs are still being sent, letting go stops the sending: `waybill wait ID`, on the same machine, sends the rest.',
  'While a copy is followed, Ctrl-C asks the same; one that was let go goes on, and `waybill transfers ID` shows it. With --direct, Ctrl-C stops it and the same command takes it up where it was.',
  'In a download, Ctrl-C stops it; the same command takes it up where it was.',
];
