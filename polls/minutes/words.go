package minutes

import (
	"plenum/polls"
	"plenum/webinar"
)

// words are what the minutes say, in one language.
type words struct {
	minutes, date, quorum, noQuorum, oneProxy, proxies, anyProxies, lacks, attendance, met, notMet, byVotes, byHeads string
	opened, closed, countVotes, countHeads, paper, fewOnPaper, result, none                                          string
	ended, owed, uncounted                                                                                           string
	option, votes, heads, onPaper, number, name, weight, presence                                                    string
	here, hereOnPaper, represented, absent, members, asOf, signatures                                                string
	signed                                                                                                           []string

	secrecy  map[polls.Secrecy]string
	majority map[polls.Majority]string
	decision map[polls.Decision]string
}

func (w words) of(heads bool) string {
	if heads {
		return w.byHeads
	}
	return w.byVotes
}

func (w words) counts(heads bool) string {
	if heads {
		return w.countHeads
	}
	return w.countVotes
}

func (m Minutes) words() words {
	if m.Meeting.Lang == webinar.German {
		return german()
	}
	return english()
}

func english() words {
	return words{
		minutes: "Minutes", date: "Meeting on", quorum: "Quorum: %d %% of the %s", noQuorum: "No quorum is required.",
		lacks:    "\u25A1 stands for a letter that this document cannot show. The minutes as text (Markdown) have it.",
		oneProxy: "One person represents one member at most.", proxies: "One person represents %d members at most.", anyProxies: "One person may represent any number of members.",
		attendance: "Here: %d members with %d votes; represented: %d with %d; on the list: %d with %d.", met: "There was a quorum.", notMet: "There was no quorum.",
		byVotes: "votes", byHeads: "members", opened: "Opened", closed: "Closed", ended: "Voting ended", countVotes: "Each vote counted with its weight.", countHeads: "Each member counted one.",
		paper: "Ballots on paper: %d, of which %d invalid, counted alike by two people.", fewOnPaper: "What stood on them is not listed apart: so few came in one way that it would tell who voted what.", result: "Result", none: "No motion has been decided.",
		owed:      "There is no result yet: the ballots on paper have not been counted alike by two people.",
		uncounted: "Closed without the ballots on paper, which nobody had counted. Members whose ballots are not in the result: %d.",
		option:    "Option", votes: "Votes", heads: "Members", onPaper: "On paper", number: "Number", name: "Name", weight: "Votes", presence: "Presence",
		here: "here", hereOnPaper: "here, votes on paper", represented: "represented by %s", absent: "absent",
		members: "Members and proxies", asOf: "As of", signatures: "Signatures", signed: []string{"Chair", "Keeper of the minutes"},
		secrecy: map[polls.Secrecy]string{polls.Named: "Named vote: the hosts see who voted what.", polls.Anonymous: "Anonymous vote: nothing stored leads from a member to a ballot.",
			polls.Secret: "Secret vote: each ballot came without a name, with a paper that was signed blindly; those could vote who were here or represented when it opened."},
		majority: map[polls.Majority]string{polls.SimpleMajority: "Needed: more votes for than against; abstentions do not count.",
			polls.TwoThirds: "Needed: two thirds of the votes for and against; abstentions do not count.", polls.NoMajority: "Election: the numbers speak."},
		decision: map[polls.Decision]string{polls.Carried: "carried", polls.NotCarried: "not carried", polls.NoQuorum: "no decision, for want of a quorum"},
	}
}

func german() words {
	return words{
		minutes: "Protokoll", date: "Versammlung am", quorum: "Beschlussfähig ab %d %% der %s", noQuorum: "Es ist keine Mindestanwesenheit nötig.",
		lacks:    "\u25A1 steht für ein Zeichen, das dieses Dokument nicht zeigen kann. Im Protokoll als Text (Markdown) steht es.",
		oneProxy: "Eine Person vertritt höchstens ein Mitglied.", proxies: "Eine Person vertritt höchstens %d Mitglieder.", anyProxies: "Eine Person darf beliebig viele Mitglieder vertreten.",
		attendance: "Anwesend: %d Mitglieder mit %d Stimmen; vertreten: %d mit %d; auf der Liste: %d mit %d.", met: "Die Versammlung war beschlussfähig.", notMet: "Die Versammlung war nicht beschlussfähig.",
		byVotes: "Stimmen", byHeads: "Mitglieder", opened: "Geöffnet", closed: "Geschlossen", ended: "Stimmabgabe beendet", countVotes: "Jede Stimme zählte mit ihrem Gewicht.", countHeads: "Jedes Mitglied zählte einfach.",
		paper: "Stimmzettel auf Papier: %d, davon %d ungültig, von zwei Personen gleich gezählt.", fewOnPaper: "Was darauf stand, steht nicht für sich: Auf einem der Wege kamen so wenige, dass es verriete, wer wie gestimmt hat.", result: "Ergebnis", none: "Es wurde über nichts abgestimmt.",
		owed:      "Es gibt noch kein Ergebnis: Die Stimmzettel auf Papier sind nicht von zwei Personen gleich gezählt.",
		uncounted: "Ohne die Stimmzettel auf Papier geschlossen, die niemand gezählt hatte. Mitglieder, deren Stimmzettel im Ergebnis fehlen: %d.",
		option:    "Antwort", votes: "Stimmen", heads: "Mitglieder", onPaper: "Auf Papier", number: "Nummer", name: "Name", weight: "Stimmen", presence: "Anwesenheit",
		here: "anwesend", hereOnPaper: "anwesend, stimmt auf Papier ab", represented: "vertreten durch %s", absent: "abwesend",
		members: "Mitglieder und Vollmachten", asOf: "Stand", signatures: "Unterschriften", signed: []string{"Versammlungsleitung", "Protokoll"},
		secrecy: map[polls.Secrecy]string{polls.Named: "Namentliche Abstimmung: Die Leitung sieht, wer wie gestimmt hat.", polls.Anonymous: "Anonyme Abstimmung: Nichts Gespeichertes führt vom Mitglied zur Stimme.",
			polls.Secret: "Geheime Abstimmung: Jeder Stimmzettel kam ohne Namen, mit einem blind unterschriebenen Stimmschein; abstimmen konnte, wer beim Öffnen anwesend oder vertreten war."},
		majority: map[polls.Majority]string{polls.SimpleMajority: "Nötig: mehr Stimmen dafür als dagegen; Enthaltungen zählen nicht mit.",
			polls.TwoThirds: "Nötig: zwei Drittel der Stimmen dafür und dagegen; Enthaltungen zählen nicht mit.", polls.NoMajority: "Wahl: Die Zahlen sprechen für sich."},
		decision: map[polls.Decision]string{polls.Carried: "angenommen", polls.NotCarried: "abgelehnt", polls.NoQuorum: "kein Beschluss, weil die Versammlung nicht beschlussfähig war"},
	}
}
