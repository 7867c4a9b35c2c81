"""multiconn-bench with tiny parameters: --json is JSON, and a gate that cannot be held makes the exit code."""

import json

from harness import BIN, InteropTest

MISSED = 3


class BenchTest(InteropTest):
    def bench(self, *arguments, **options):
        """The exit code, and what --json printed: each line an object."""
        program = self.run_program([BIN / "multiconn-bench", *arguments, "--json"], timeout=200, **options)
        rows = [json.loads(line) for line in program.stdout.splitlines()]
        self.assertTrue(rows, program.report())
        return program.exit_code, rows

    def assert_missed(self, *arguments):
        """Runs with a gate that nothing can hold; the figures, by name."""
        code, rows = self.bench(*arguments)
        self.assertEqual(code, MISSED, rows)
        figures = {(row["measurement"], row["figure"]): row for row in rows if "figure" in row}
        self.assertIn(False, [row.get("ok") for row in figures.values()])
        return figures

    def test_a_wrong_command_line_is_told_in_one_line(self):
        for words in ([], ["canary"], ["--key", "canary"], ["lookup", "canary"], ["lookup", "--edges", "x"]):
            with self.subTest(words):
                program = self.run_program([BIN / "multiconn-bench", *words])
                self.assertEqual((program.exit_code, program.stdout), (1, ""), program.report())
                self.assertRegex(program.stderr, r"^multiconn-bench: [^\n]+ \(--help tells what there is\)\n$")
                self.assertNotIn("canary", program.stderr)

    def test_failover_restart(self):
        figures = self.assert_missed("failover", "--cases", "restart", "--restarts", "1", "--restart-gate", "-100000")
        self.assertEqual(figures["1 restarts", "frames lost there"]["value"], 0)
        self.assertIs(figures["1 restarts", "frames lost there"]["ok"], True)

    def test_failover_standby(self):
        self.assert_missed("failover", "--cases", "standby", "--takeovers", "1", "--standby-gate", "0")

    def test_failover_black_hole(self):
        self.assert_missed("failover", "--cases", "black-hole", "--black-holes", "1", "--black-hole-gate", "1")

    def test_isolation(self):
        figures = self.assert_missed("isolation", "--seconds", "3", "--delay-gate", "-100000")
        for run in ("the healthy server alone", "beside 7 saboteurs"):
            self.assertGreater(figures[run, "frames"]["value"], 100)
            self.assertEqual(figures[run, "frames lost"]["value"], 0)
        for saboteur in ("resets every second", "closes after Publish.Start", "sends garbage"):
            self.assertGreater(figures[saboteur, "reconnects"]["value"], 0, saboteur)
        self.assertEqual(figures["accepts and is mute", "frames sent"]["value"], 0)

    def test_players(self):
        figures = self.assert_missed("players", "-n", "20", "--seconds", "1", "--gap-gate", "0")
        self.assertEqual(figures["one server killed", "players it had"]["value"], 10)
        self.assertEqual(figures["all players", "frames lost"]["value"], 0)

    def test_fanout(self):
        code, rows = self.bench("fanout", "-n", "16", "--modes", "fast", "--runs", "1", "--megabytes", "200",
                                "--gate", "0.001")
        self.assertEqual(code, MISSED)
        self.assertTrue(all(row["valid"] and row["peak_rss_bytes"] > 0 for row in rows), rows)

    def test_fanout_by_tls(self):
        code, rows = self.bench("fanout", "--tls", "-n", "16", "--modes", "fast", "--runs", "1", "--megabytes", "100",
                                "--gate", "0.001")
        self.assertEqual(code, MISSED)
        self.assertTrue(all(row["tls"] and row["valid"] and row["gigabytes"] > 0 for row in rows))

    def test_fanout_beside_others(self):
        _, rows = self.bench("fanout", "--compare", "-n", "2", "--modes", "fast", "--runs", "1", "--megabytes", "20",
                             "--paced-seconds", "1")
        figures = {row["figure"]: row["value"] for row in rows if "figure" in row}
        for rival in ("bare loop of send(2)", "librtmp, one thread", "librtmp, chunks of 60000", "ffmpeg tee",
                      "ffmpeg tee with fifo"):
            for figure in (f"{rival} / ours", f"{rival}, frames at the other"):
                self.assertIsInstance(figures.get(figure), (int, float), figure)

    def test_what_is_not_installed_is_left_out(self):
        code, rows = self.bench("fanout", "--compare", "-n", "1", "--modes", "fast", "--runs", "1", "--megabytes", "5",
                                "--paced-seconds", "1", env={"PATH": str(self.directory)})
        self.assertEqual(code, 0, rows)
        text = json.dumps(rows)
        self.assertIn("ffmpeg is not installed", text)
        self.assertIn("librtmp, one thread / ours", text)
        self.assertNotIn("ffmpeg tee / ours", text)

    def test_setup(self):
        self.assertEqual(self.bench("setup", "-n", "2", "--delay-ms", "5", "--runs", "1", "--gate", "0.1")[0], MISSED)

    def test_sharedobject(self):
        self.assertEqual(self.bench("sharedobject", "--writers", "2", "--readers", "4", "--step-seconds", "1", "--bound-ms",
                                    "20", "--soak-seconds", "0", "--gate", "1000000000")[0], MISSED)

    def test_balance(self):
        code, rows = self.bench("balance", "--seeds", "1", "--scenario", "regular-1", "--policy", "blind-least-connections")
        self.assertEqual(code, MISSED)
        self.assertIs(rows[0]["ok"], False)

    def test_lookup(self):
        self.assertEqual(self.bench("lookup", "--edges", "2", "-c", "2", "--loads", "keep-alive", "--rounds", "1", "--round-ms",
                                    "100", "--gate", "1000")[0], MISSED)

    def test_relay(self):
        self.assertEqual(self.bench("relay", "--fast", "2", "--paced", "2", "--megabytes", "10", "--rounds", "1", "--gate",
                                    "0.001")[0], MISSED)
