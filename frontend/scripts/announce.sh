#!/bin/sh
# Makes the spoken announcement of a recording, public/audio/announce-{de,en}.{mp3,ogg}. Needs espeak-ng and
# ffmpeg. Two tones come first, so that the ear is ready; the output carries no time stamps and is reproducible.
set -eu
cd "$(dirname "$0")/.."
out=public/audio
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$out"

say() { # language, voice, words
	espeak-ng -v "$2" -s 150 -p 42 -w "$tmp/$1.wav" "$3"
	ffmpeg -v error -y \
		-f lavfi -i "sine=frequency=587:duration=0.16" -f lavfi -i "sine=frequency=784:duration=0.24" -i "$tmp/$1.wav" \
		-filter_complex "[0]afade=t=out:st=0.08:d=0.08,volume=0.5[a];[1]afade=t=out:st=0.08:d=0.16,volume=0.5[b];[2]adelay=250,highpass=f=90,loudnorm=I=-18:TP=-2[v];[a][b][v]concat=n=3:v=0:a=1,aresample=24000[o]" \
		-map "[o]" -ac 1 -fflags +bitexact -flags:a +bitexact "$tmp/$1.pcm.wav"
	ffmpeg -v error -y -i "$tmp/$1.pcm.wav" -c:a libmp3lame -b:a 32k -ar 24000 -map_metadata -1 -fflags +bitexact -flags:a +bitexact -write_xing 0 -id3v2_version 0 "$out/announce-$1.mp3"
	ffmpeg -v error -y -i "$tmp/$1.pcm.wav" -c:a libopus -b:a 28k -map_metadata -1 -fflags +bitexact -flags:a +bitexact -serial_offset 1 "$out/announce-$1.ogg"
}

say de de "Achtung: Diese Veranstaltung soll aufgezeichnet werden. Aufgenommen werden nur Personen auf der Bühne, und nur, wenn sie zustimmen."
say en en-gb "Please note: this event is going to be recorded. Only people on stage are recorded, and only if they agree."
ls -l "$out"
