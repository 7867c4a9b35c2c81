"""--loop --duration, packet by packet at a player: every round is the film, and time goes on."""

from clips import clip
from harness import InteropTest
from packets import packets_of
from publisher import Publisher
from servers import FfmpegPlayer, Origin

MILLISECOND = 0.001
DURATION = 15


class LoopTest(InteropTest):
    def assert_loops(self, name):
        origin = Origin(self)
        player = FfmpegPlayer(self, origin, "one")
        source = clip(name)
        Publisher(self, source, [origin.url("one")], "--loop", "--duration", str(DURATION), "--no-realtime").finish()
        capture = player.finish()
        films = {kind: packets_of(source, kind) for kind in "va"}
        played = {kind: packets_of(capture, kind) for kind in "va"}
        rounds = {kind: self.shifts_of_rounds(films[kind], played[kind]) for kind in "va"}
        self.assertEqual(len(rounds["v"]), 3)
        for video, audio in zip(rounds["v"], rounds["a"], strict=True):
            self.assertAlmostEqual(video, audio, delta=2 * MILLISECOND, msg="tracks are shifted alike")
        self.assert_gapless(films, played)
        begin = min(track[0].dts for track in played.values())
        for kind, track in played.items():
            self.assertLess(track[-1].dts - begin, DURATION)
            self.assertGreater(track[-1].dts - begin, DURATION - 2 * self.longest_step(films[kind]))

    def shifts_of_rounds(self, film, played):
        """By how much each round is later than the film, which it is packet by packet."""
        shifts = []
        for number, packet in enumerate(played):
            original = film[number % len(film)]
            self.assertEqual(packet.digest, original.digest, f"packet {number}")
            if number % len(film) == 0:
                shifts.append(packet.dts - original.dts)
            # Each of the times is rounded to a millisecond on its own.
            self.assertAlmostEqual(packet.dts - original.dts, shifts[-1], delta=2 * MILLISECOND, msg=f"packet {number}")
            self.assertAlmostEqual(packet.pts - original.pts, shifts[-1], delta=2 * MILLISECOND, msg=f"packet {number}")
        return shifts

    def assert_gapless(self, films, played):
        """Times rise from round to round, and where one ends the next begins: no track waits for longer than the tracks'
        ends are apart."""
        ends = [track[-1].dts + self.longest_step(track) - track[0].dts for track in films.values()]
        tolerated = max(ends) - min(ends) + 2 * MILLISECOND
        for kind, track in played.items():
            steps = [later.dts - earlier.dts for earlier, later in zip(track, track[1:])]
            self.assertGreater(min(steps), 0)
            self.assertLessEqual(max(steps), self.longest_step(films[kind]) + tolerated)

    @staticmethod
    def longest_step(track):
        return max(later.dts - earlier.dts for earlier, later in zip(track, track[1:]))

    def test_flv(self):
        self.assert_loops("baseline.flv")

    def test_mp4_with_b_frames(self):
        self.assert_loops("b_frames.mp4")
