package api

import (
	"net/http"

	"plenum/webinar"
)

// route is one row of the table: openapi.yaml names the same operations.
type route struct {
	op     string // operationId
	method string
	path   string // as in openapi.yaml, {name} for a parameter
	who    who
	handle func(*server, *call) error
}

// routes is everything that the api answers. Bodies end at maxBody on every one.
func routes() []route {
	const (
		one       = "/api/webinars/{webinar}"
		poll      = one + "/polls/{poll}"
		member    = one + "/assembly/members/{member}"
		question  = one + "/questions/{question}"
		recording = one + "/recordings/{recording}"

		get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	)
	watch, publish := seat(webinar.Watch), seat(webinar.Publish)
	return []route{
		{"health", get, "/healthz", public(), (*server).health},
		{"openapi", get, "/api/openapi.yaml", public(), (*server).openapi},
		{"metrics", get, "/metrics", measure(), (*server).metrics},

		{"setup", post, "/api/setup", public(), (*server).setup},
		{"checkSetup", post, "/api/setup/link", public(), (*server).checkSetup},
		{"newPassword", post, "/api/password", public(), (*server).newPassword},
		{"checkPassword", post, "/api/password/link", public(), (*server).checkPassword},
		{"signIn", post, "/api/session", public(), (*server).signIn},
		{"signOut", del, "/api/session", account(), (*server).signOut},
		{"account", get, "/api/account", account(), (*server).account},

		{"readReceipt", post, "/api/receipt", public(), (*server).readReceipt},
		{"withdrawReceipt", post, "/api/receipt/withdraw", public(), (*server).withdrawReceipt},

		{"resolveCode", post, "/api/codes", public(), (*server).resolveCode},
		{"listWebinars", get, "/api/webinars", account(), (*server).listWebinars},
		{"createWebinar", post, "/api/webinars", account(), (*server).createWebinar},
		{"getWebinar", get, one, public(), (*server).getWebinar},
		{"updateWebinar", patch, one, manage(), (*server).updateWebinar},
		{"deleteWebinar", del, one, manage(), (*server).deleteWebinar},
		{"previewNotice", post, "/api/notice", account(), (*server).previewNotice},
		{"plannedNotice", get, one + "/notice", public(), (*server).plannedNotice},
		{"join", post, one + "/join", public(), (*server).join},
		{"resolveEmbed", get, "/api/embeds/{embed}", public(), (*server).resolveEmbed},
		{"getEmbed", get, one + "/embed", manage(), (*server).getEmbed},
		{"setEmbed", put, one + "/embed", manage(), (*server).setEmbed},
		{"leave", post, one + "/leave", watch, (*server).leave},
		{"handOver", post, one + "/phone", watch, (*server).handOver},
		{"goLive", post, one + "/live", manage(), (*server).goLive},
		{"endWebinar", post, one + "/end", manage(), (*server).endWebinar},
		{"listTickets", get, one + "/tickets", manage(), (*server).listTickets},
		{"createTicket", post, one + "/tickets", manage(), (*server).createTicket},
		{"revokeTicket", del, one + "/tickets/{ticket}", manage(), (*server).revokeTicket},
		{"events", get, one + "/events", watch, (*server).events},

		{"listPeople", get, one + "/people", manage(), (*server).listPeople},
		{"invite", post, one + "/people/{ticket}/stage", manage(), (*server).invite},
		{"sendBack", del, one + "/people/{ticket}/stage", manage(), (*server).sendBack},
		{"answerInvitation", post, one + "/stage", watch, (*server).answerInvitation},
		{"leaveStage", del, one + "/stage", publish, (*server).leaveStage},

		{"publish", post, one + "/whip", publish, (*server).publish},
		{"unpublish", del, one + "/whip/{session}", publish, (*server).unpublish},
		{"patchPublication", patch, one + "/whip/{session}", publish, (*server).patchPublication},
		{"mute", put, one + "/whip/{session}/mute", publish, (*server).mute},
		{"watch", post, one + "/whep", watch, (*server).watch},
		{"unwatch", del, one + "/whep/{session}", watch, (*server).unwatch},
		{"patchView", patch, one + "/whep/{session}", watch, (*server).patchView},
		{"beat", post, one + "/beat", publish, (*server).beat},

		{"listPolls", get, one + "/polls", watch, (*server).listPolls},
		{"createPoll", post, one + "/polls", manage(), (*server).createPoll},
		{"copyPolls", post, one + "/polls/copy", manage(), (*server).copyPolls},
		{"importPolls", post, one + "/polls/import", manage(), (*server).importPolls},
		{"runsheetMarkdown", get, one + "/polls.md", manage(), (*server).runsheetMarkdown},
		{"runsheetCSV", get, one + "/polls.csv", manage(), (*server).runsheetCSV},
		{"updatePoll", put, poll, manage(), (*server).updatePoll},
		{"deletePoll", del, poll, manage(), (*server).deletePoll},
		{"openPoll", post, poll + "/open", manage(), (*server).openPoll},
		{"closePoll", post, poll + "/close", manage(), (*server).closePoll},
		{"undoPoll", post, poll + "/undo", manage(), (*server).undoPoll},
		{"repeatPoll", post, poll + "/repeat", manage(), (*server).repeatPoll},
		{"setPollEnd", put, poll + "/end", manage(), (*server).setPollEnd},
		{"setPollResults", put, poll + "/results", manage(), (*server).setPollResults},
		{"movePoll", put, poll + "/place", manage(), (*server).movePoll},
		{"vote", post, poll + "/votes", watch, (*server).vote},
		{"changeVote", put, poll + "/votes", watch, (*server).changeVote},
		{"tokenKeys", get, poll + "/token", watch, (*server).tokenKeys},
		{"signToken", post, poll + "/token", watch, (*server).signToken},
		{"castBallot", post, poll + "/ballots", public(), (*server).castBallot},
		{"signedVotes", get, poll + "/voters", manage(), (*server).signedVotes},
		{"votersCSV", get, poll + "/voters.csv", manage(), (*server).votersCSV},
		{"votersWorkbook", get, poll + "/voters.xlsx", manage(), (*server).votersWorkbook},
		{"listReceipts", get, poll + "/receipts", watch, (*server).listReceipts},
		{"mandates", get, poll + "/mandates", watch, (*server).mandates},
		{"paperCount", get, poll + "/paper", watch, (*server).paperCount},
		{"countPaper", put, poll + "/paper", watch, (*server).countPaper},
		{"dropPaper", del, poll + "/paper", manage(), (*server).dropPaper},
		{"listTexts", get, poll + "/texts", manage(), (*server).listTexts},
		{"moderateText", put, poll + "/texts", manage(), (*server).moderateText},
		{"leaderboard", get, one + "/leaderboard", watch, (*server).leaderboard},
		{"leaveLeaderboard", del, one + "/leaderboard/{player}", watch, (*server).leaveLeaderboard},
		{"addPicture", post, one + "/pictures", manage(), (*server).addPicture},
		{"picture", get, one + "/pictures/{picture}", watch, (*server).picture},
		{"pollResults", get, poll + "/results.csv", manage(), (*server).pollResults},
		{"pollWorkbook", get, poll + "/results.xlsx", manage(), (*server).pollWorkbook},
		{"pollPDF", get, poll + "/results.pdf", manage(), (*server).pollPDF},

		{"getAssembly", get, one + "/assembly", manage(), (*server).getAssembly},
		{"setRules", put, one + "/assembly/rules", manage(), (*server).setRules},
		{"importMembers", post, one + "/assembly/members", manage(), (*server).importMembers},
		{"changeMember", patch, member, manage(), (*server).changeMember},
		{"renewMemberLink", post, member + "/link", manage(), (*server).renewMemberLink},
		{"minutesPDF", get, one + "/assembly/minutes.pdf", manage(), (*server).minutesPDF},
		{"minutesMarkdown", get, one + "/assembly/minutes.md", manage(), (*server).minutesMarkdown},
		{"membership", get, one + "/assembly/me", watch, (*server).membership},
		{"arrive", put, one + "/assembly/me", watch, (*server).arrive},
		{"listQuestions", get, one + "/questions", watch, (*server).listQuestions},
		{"ask", post, one + "/questions", watch, (*server).ask},
		{"ownQuestions", post, one + "/questions/own", watch, (*server).ownQuestions},
		{"questionRules", put, one + "/questions/rules", manage(), (*server).questionRules},
		{"questionsCSV", get, one + "/questions.csv", manage(), (*server).questionsCSV},
		{"editQuestion", put, question, watch, (*server).editQuestion},
		{"withdrawQuestion", post, question + "/withdraw", watch, (*server).withdrawQuestion},
		{"upvote", put, question + "/vote", watch, (*server).upvote},
		{"unupvote", del, question + "/vote", watch, (*server).unupvote},
		{"moveQuestion", put, question + "/state", manage(), (*server).moveQuestion},

		{"listRecordings", get, one + "/recordings", manage(), (*server).listRecordings},
		{"announce", post, one + "/recordings", manage(), (*server).announce},
		{"getRecording", get, recording, manage(), (*server).getRecording},
		{"deleteRecording", del, recording, manage(), (*server).deleteRecording},
		{"startRecording", post, recording + "/start", manage(), (*server).startRecording},
		{"pauseRecording", post, recording + "/pause", manage(), (*server).pauseRecording},
		{"resumeRecording", post, recording + "/resume", manage(), (*server).resumeRecording},
		{"stopRecording", post, recording + "/stop", manage(), (*server).stopRecording},
		{"notice", get, recording + "/notice", watch, (*server).notice},
		{"myConsent", get, recording + "/consent", watch, (*server).myConsent},
		{"answer", post, recording + "/consent", watch, (*server).answer},
		{"timeline", get, recording + "/timeline", manage(), (*server).timeline},
		{"trim", put, recording + "/trim", manage(), (*server).trim},
		{"untrim", del, recording + "/trim", manage(), (*server).untrim},
		{"sharing", get, recording + "/sharing", manage(), (*server).sharing},
		{"masters", get, recording + "/masters.zip", manage(), (*server).masters},
		{"program", get, recording + "/program", manage(), (*server).program},
		{"captions", get, recording + "/captions/{lang}", manage(), (*server).captions},
		{"setCaptions", put, recording + "/captions/{lang}", manage(), (*server).setCaptions},
		{"dropCaptions", del, recording + "/captions/{lang}", manage(), (*server).dropCaptions},
		{"made", get, recording + "/made/{making}", manage(), (*server).made},
		{"make", post, recording + "/made/{making}", manage(), (*server).make},
		{"segment", get, recording + "/segments/{segment}", manage(), (*server).segment},
		{"reportCSV", get, recording + "/report.csv", manage(), (*server).reportCSV},
		{"reportPDF", get, recording + "/report.pdf", manage(), (*server).reportPDF},
		{"downloads", get, recording + "/downloads", manage(), (*server).downloads},
		{"copyDeleted", post, recording + "/downloads/{download}/deleted", manage(), (*server).copyDeleted},
		{"ledger", get, recording + "/ledger", manage(), (*server).ledger},
	}
}
