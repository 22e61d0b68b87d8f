; Everything people read, in every language: the same line gives all, so that none has one the others lack.
; A further language: MUI_LANGUAGE in outtray.nsi, its name in TakeLanguage, and one more text in each line here.

!macro TextIn NAME ENGLISH GERMAN
  LangString ${NAME} ${LANG_ENGLISH} "${ENGLISH}"
  LangString ${NAME} ${LANG_GERMAN} "${GERMAN}"
!macroend
!define Text "!insertmacro TextIn"
!define NEW_LINE "$\r$\n"

!macro Texts

; ---- Pages ----

${Text} welcome_title "${PRODUCT} ${VERSION}" "${PRODUCT} ${VERSION}"
${Text} welcome \
  "Outtray takes mail from printers, scanners and programs of this network and hands it to your mail provider.${NEW_LINE}${NEW_LINE}$Upgrade" \
  "Outtray nimmt Mail von Druckern, Scannern und Programmen dieses Netzes an und übergibt sie Ihrem Mail-Anbieter.${NEW_LINE}${NEW_LINE}$Upgrade"
${Text} upgrade \
  "Version $Before is installed and will be replaced. Queue, settings and passwords stay. The service is stopped for that moment; open windows of Outtray are asked to end and are opened again." \
  "Version $Before ist installiert und wird ersetzt. Warteschlange, Einstellungen und Kennwörter bleiben. Der Dienst wird für diesen Augenblick angehalten; offene Fenster von Outtray werden gebeten, sich zu beenden, und wieder geöffnet."
${Text} first_time \
  "No mail is taken before you have answered the questions of the setup in the window, or given settings." \
  "Mail wird erst angenommen, wenn Sie die Fragen der Einrichtung im Fenster beantwortet oder Einstellungen mitgegeben haben."
${Text} programs_about "The programs of Outtray." "Die Programme von Outtray."
${Text} service_name "Service: send when nobody is signed in" "Dienst: senden, auch wenn niemand angemeldet ist"
${Text} service_about \
  "The engine runs as a service of Windows with an account of its own and few rights. Without it, mail flows while the window is open." \
  "Der Kern läuft als Windows-Dienst mit eigenem Konto und wenigen Rechten. Ohne ihn fließt Mail, solange das Fenster offen ist."
${Text} firewall_name "Firewall: let devices in" "Firewall: Geräte hereinlassen"
${Text} firewall_about \
  "A rule for Outtray alone, for local networks only. The internet and networks that Windows calls public stay outside." \
  "Eine Regel nur für Outtray und nur für lokale Netze. Das Internet und Netze, die Windows öffentlich nennt, bleiben draußen."
${Text} shortcut_name "Start menu" "Startmenü"
${Text} shortcut_about "An entry for everybody on this machine." "Ein Eintrag für alle auf diesem Rechner."
${Text} shortcut_tip "The SMTP relay of a small office" "Das SMTP-Relay für kleine Büros"
${Text} devices_about "Which ports, and from where?" "Welche Ports, und von wo?"
${Text} ports_label "Ports, separated by commas" "Ports, durch Kommas getrennt"
${Text} ports_about \
  "Empty: those of the settings, or 25, 465 and 587 while there are none." \
  "Leer: die der Einstellungen, oder 25, 465 und 587, solange es keine gibt."
${Text} networks_label "Networks, separated by commas" "Netze, durch Kommas getrennt"
${Text} networks_about \
  "Such as LocalSubnet, 192.168.1.0/24 or 10.0.0.7. Empty: the networks this machine is in, and those that may send by the settings. Public addresses are not taken." \
  "Etwa LocalSubnet, 192.168.1.0/24 oder 10.0.0.7. Leer: die Netze, in denen dieser Rechner ist, und die, die nach den Einstellungen senden dürfen. Öffentliche Adressen werden nicht angenommen."
${Text} finish "Outtray ${VERSION} is installed." "Outtray ${VERSION} ist installiert."
${Text} open_window "Open Outtray" "Outtray öffnen"
${Text} uninstall_title "Remove Outtray" "Outtray entfernen"
${Text} uninstall_about "What is to stay?" "Was soll bleiben?"
${Text} uninstall_what \
  "Programs, service, firewall rule, Event Log source and Start menu entry are removed. Mail is then no longer taken." \
  "Programme, Dienst, Firewall-Regel, Ereignisquelle und Startmenü-Eintrag werden entfernt. Mail wird dann nicht mehr angenommen."
${Text} remove_data "Remove settings, queue, history and passwords too" "Auch Einstellungen, Warteschlange, Verlauf und Kennwörter entfernen"
${Text} remove_data_about \
  "Mail that still waits is lost. Otherwise a later Outtray finds everything as it is now." \
  "Mail, die noch wartet, geht verloren. Sonst findet ein späteres Outtray alles so vor, wie es jetzt ist."
${Text} give_back "Start the Windows SMTP service again" "Den SMTP-Dienst von Windows wieder starten"
${Text} give_back_about \
  "Outtray had taken its port and disabled it. With this it runs as before; without it, nobody takes mail at that port." \
  "Outtray hatte seinen Port übernommen und ihn abgeschaltet. So läuft er wieder wie zuvor; sonst nimmt an diesem Port niemand Mail an."
${Text} remove_data_sure \
  "Settings, queue, history and passwords are removed. Mail that still waits is lost, and its senders are not told. Is that what you want?" \
  "Einstellungen, Warteschlange, Verlauf und Kennwörter werden entfernt. Mail, die noch wartet, geht verloren, und ihre Absender erfahren es nicht. Wollen Sie das?"

; ---- Ends that are no success ----

${Text} see_log "Details are in $LogFile" "Einzelheiten stehen in $LogFile"
${Text} no_log \
  "The log $LogFile cannot be written. Name another with /LOG=FILE." \
  "Das Protokoll $LogFile kann nicht geschrieben werden. Nennen Sie ein anderes mit /LOG=DATEI."
${Text} wrong_word \
  "$Wrong is no switch, or has no such value. Nothing was changed. /? shows the switches." \
  "$Wrong ist kein Schalter oder hat keinen solchen Wert. Nichts wurde geändert. /? zeigt die Schalter."
${Text} wrong_user \
  "/USER=$User is no SID such as S-1-5-21-1004336348-1177238915-682003330-1001. Nothing was changed. whoami /user prints yours." \
  "/USER=$User ist keine SID wie S-1-5-21-1004336348-1177238915-682003330-1001. Nichts wurde geändert. whoami /user zeigt Ihre."
${Text} wrong_opening \
  "These ports or networks cannot be opened. Nothing was changed." \
  "Diese Ports oder Netze können nicht geöffnet werden. Nichts wurde geändert."
${Text} wrong_settings \
  "The settings in $Settings cannot be used. Nothing was changed." \
  "Die Einstellungen in $Settings sind nicht zu gebrauchen. Nichts wurde geändert."
${Text} needs_service \
  "/SETTINGS, /USER and /START=1 are for the service, which is neither installed nor to be installed. Nothing was changed. Add /SERVICE=1." \
  "/SETTINGS, /USER und /START=1 gelten dem Dienst, der weder installiert ist noch installiert werden soll. Nichts wurde geändert. Ergänzen Sie /SERVICE=1."
${Text} needs_firewall \
  "/PORTS and /NETWORKS contradict /FIREWALL=0. Nothing was changed." \
  "/PORTS und /NETWORKS widersprechen /FIREWALL=0. Nichts wurde geändert."
${Text} not_admin \
  "Only an administrator can do this. Nothing was changed. Choose $\"Run as administrator$\"." \
  "Das kann nur ein Administrator. Nichts wurde geändert. Wählen Sie $\"Als Administrator ausführen$\"."
${Text} too_old \
  "Outtray needs Windows 10 (1607), Windows Server 2016 or newer. Nothing was changed." \
  "Outtray braucht Windows 10 (1607), Windows Server 2016 oder neuer. Nichts wurde geändert."
${Text} another_setup \
  "Another Setup of Outtray runs on this machine. Nothing was changed. Wait for its end and try again." \
  "Auf diesem Rechner läuft schon ein Setup von Outtray. Nichts wurde geändert. Warten Sie sein Ende ab und versuchen Sie es wieder."
${Text} newer_is_there \
  "Version $Before is installed, which is newer than ${VERSION}. Nothing was changed: an older engine may not understand the data of a newer one. To go back all the same, uninstall $Before first." \
  "Version $Before ist installiert und neuer als ${VERSION}. Nichts wurde geändert: Ein älterer Kern versteht die Daten eines neueren womöglich nicht. Wollen Sie dennoch zurück, deinstallieren Sie zuerst $Before."
${Text} other_place \
  "Outtray is installed in $Place and stays there. Nothing was changed. To move it, uninstall it (its data can stay) and install it anew." \
  "Outtray ist in $Place installiert und bleibt dort. Nichts wurde geändert. Soll es umziehen, deinstallieren Sie es (die Daten können bleiben) und installieren Sie es neu."
${Text} in_use \
  "$INSTDIR\$Busy is in use. Nothing was changed. End what uses it and try again: Outtray in somebody's session (its icon beside the clock, Quit), or outtrayd.exe started by hand." \
  "$INSTDIR\$Busy ist in Gebrauch. Nichts wurde geändert. Beenden Sie, was die Datei benutzt, und versuchen Sie es wieder: Outtray in jemandes Sitzung (Symbol neben der Uhr, Beenden) oder ein von Hand gestartetes outtrayd.exe."
${Text} service_unknown \
  "How the service is cannot be found out. Nothing was changed." \
  "Wie es um den Dienst steht, lässt sich nicht erfahren. Nichts wurde geändert."
${Text} service_not_stopped \
  "The service does not stop. Nothing was changed." \
  "Der Dienst hält nicht an. Nichts wurde geändert."
${Text} not_written \
  "The programs cannot be written to $INSTDIR; the disk may be full. Nothing was changed." \
  "Die Programme können nicht nach $INSTDIR geschrieben werden; vielleicht ist der Datenträger voll. Nichts wurde geändert."
${Text} service_failed \
  "The programs are installed, but the service is not." \
  "Die Programme sind installiert, der Dienst ist es nicht."
${Text} service_lacks_settings \
  "The service runs, but cannot use all of its settings. The log says which." \
  "Der Dienst läuft, kann aber nicht alle seine Einstellungen verwenden. Welche, steht im Protokoll."
${Text} service_not_started \
  "The service is installed but does not start." \
  "Der Dienst ist installiert, startet aber nicht."
${Text} firewall_failed \
  "The rule in the firewall was not made." \
  "Die Regel in der Firewall wurde nicht angelegt."
${Text} public_network \
  "Windows calls a network of this machine public, as in a hotel: from there no device is let in, whatever the rule says. If it is the office's own network, say so in Windows: Settings, Network, Private network." \
  "Windows nennt ein Netz dieses Rechners öffentlich, wie das eines Hotels: Von dort kommt trotz der Regel kein Gerät herein. Ist es das Netz des Büros, sagen Sie es Windows: Einstellungen, Netzwerk, Privates Netzwerk."
${Text} not_registered \
  "Windows did not take note of everything; Outtray may be missing among the installed apps." \
  "Windows hat nicht alles vermerkt; Outtray fehlt vielleicht unter den installierten Apps."
${Text} firewall_stays \
  "The rule in the firewall stays." \
  "Die Regel in der Firewall bleibt."
${Text} service_stays \
  "Outtray is not removed: the service or its data did not go. Uninstall once more." \
  "Outtray ist nicht entfernt: Der Dienst oder seine Daten sind noch da. Deinstallieren Sie noch einmal."
${Text} data_not_removed "$0 could not be removed." "$0 konnte nicht entfernt werden."
${Text} folder_stays \
  "$INSTDIR stays, because there is something in it that is not Outtray's, or is in use." \
  "$INSTDIR bleibt, weil etwas darin ist, das nicht zu Outtray gehört oder in Gebrauch ist."

; ---- The log ----

${Text} ended_with "It ended with $Code." "Es endete mit $Code."
${Text} not_run "Windows could not start it (attempt $1 of 5)." "Windows konnte es nicht starten (Versuch $1 von 5)."
${Text} programs_there "The programs are in $INSTDIR." "Die Programme sind in $INSTDIR."
${Text} used_by \
  "outtray.exe is used by process $R1 ($R2) in session $R4." \
  "outtray.exe wird von Prozess $R1 ($R2) in Sitzung $R4 benutzt."
${Text} asking_window "The window is asked to end." "Das Fenster wird gebeten, sich zu beenden."
${Text} own_mail_here \
  "No service: this account's own Outtray has mail in $LOCALAPPDATA\Outtray. $\"Keep sending when nobody is signed in$\" in its window makes the service and takes that mail along." \
  "Kein Dienst: Das eigene Outtray dieses Kontos hat Mail in $LOCALAPPDATA\Outtray. $\"Keep sending when nobody is signed in$\" in seinem Fenster richtet den Dienst ein und nimmt diese Mail mit."
${Text} webview2_there "WebView2 $WebView2Is is there." "WebView2 $WebView2Is ist vorhanden."
${Text} webview2_missing \
  "The window needs Microsoft Edge WebView2, which is not on this machine. The service and outtrayd work without it. Get the Evergreen Standalone Installer (x64) from Microsoft, put it beside Setup and run Setup again, or run it by itself." \
  "Das Fenster braucht Microsoft Edge WebView2, das auf diesem Rechner fehlt. Dienst und outtrayd arbeiten ohne. Holen Sie den Evergreen Standalone Installer (x64) von Microsoft, legen Sie ihn neben Setup und starten Sie Setup noch einmal, oder starten Sie ihn allein."
${Text} webview2_installing "WebView2 is installed by $R0." "WebView2 wird von $R0 installiert."
${Text} webview2_not_signed \
  "$R0 was not run: it is not signed by Microsoft." \
  "$R0 wurde nicht ausgeführt: Die Datei ist nicht von Microsoft signiert."
${Text} done "Done: Outtray ${VERSION}." "Fertig: Outtray ${VERSION}."
${Text} data_stays "Settings, queue, history and passwords stay." "Einstellungen, Warteschlange, Verlauf und Kennwörter bleiben."
${Text} smtpsvc_stays \
  "The Windows SMTP service, whose port Outtray had taken, stays stopped and disabled: nobody takes mail there now. To start it again, as administrator: sc config SMTPSVC start= auto and sc start SMTPSVC. (/GIVEBACK=1 does it while uninstalling.)" \
  "Der SMTP-Dienst von Windows, dessen Port Outtray übernommen hatte, bleibt beendet und abgeschaltet: Dort nimmt jetzt niemand Mail an. Wieder starten, als Administrator: sc config SMTPSVC start= auto und sc start SMTPSVC. (/GIVEBACK=1 tut es beim Deinstallieren.)"
${Text} not_given_back \
  "The Windows SMTP service does not run again as before." \
  "Der SMTP-Dienst von Windows läuft nicht wieder wie zuvor."
${Text} others_data \
  "$3\AppData\Local\Outtray stays: it belongs to another account." \
  "$3\AppData\Local\Outtray bleibt: Der Ordner gehört einem anderen Konto."
${Text} last_file \
  "uninstall.exe and its folder go a moment after its end." \
  "uninstall.exe und sein Ordner verschwinden einen Augenblick nach seinem Ende."
${Text} uninstalled "Done: Outtray is removed." "Fertig: Outtray ist entfernt."

; ---- /? (a message box takes 1023 characters) ----

${Text} help \
  "Outtray-Setup.exe${NEW_LINE}\
  /S: ask nothing${NEW_LINE}\
  /LANG=en|de${NEW_LINE}\
  /LOG=FILE${NEW_LINE}\
  /SERVICE=1|0: as a service (first time: 1)${NEW_LINE}\
  /SETTINGS=FILE: its settings${NEW_LINE}\
  /START=1|0: start it (first time: 1, later: as it was)${NEW_LINE}\
  /USER=SID: whose window may speak to it (who installs)${NEW_LINE}\
  /FIREWALL=1|0: let devices in (first time: 1)${NEW_LINE}\
  /PORTS=25,587 /NETWORKS=LocalSubnet,10.0.0.0/8 (those of the settings)${NEW_LINE}\
  /SHORTCUTS=1|0: Start menu (first time: 1)${NEW_LINE}\
  /WEBVIEW2=1|0: install it if it is missing and lies beside Setup (1)${NEW_LINE}\
  /D=FOLDER: the last one, without quotes${NEW_LINE}${NEW_LINE}\
  Ends with: 0 done, 1 cancelled, 2 failed, 3 wrong switch, 4 wrong settings, 5 newer version there, 6 in use, 7 another Setup, \
  8 installed but not all of it, 9 not on this Windows or not as this account" \
  "Outtray-Setup.exe${NEW_LINE}\
  /S: nichts fragen${NEW_LINE}\
  /LANG=en|de${NEW_LINE}\
  /LOG=DATEI${NEW_LINE}\
  /SERVICE=1|0: als Dienst (beim ersten Mal: 1)${NEW_LINE}\
  /SETTINGS=DATEI: dessen Einstellungen${NEW_LINE}\
  /START=1|0: ihn starten (beim ersten Mal: 1, später: wie er war)${NEW_LINE}\
  /USER=SID: wessen Fenster mit ihm sprechen darf (wer installiert)${NEW_LINE}\
  /FIREWALL=1|0: Geräte hereinlassen (beim ersten Mal: 1)${NEW_LINE}\
  /PORTS=25,587 /NETWORKS=LocalSubnet,10.0.0.0/8 (die der Einstellungen)${NEW_LINE}\
  /SHORTCUTS=1|0: Startmenü (beim ersten Mal: 1)${NEW_LINE}\
  /WEBVIEW2=1|0: installieren, wenn es fehlt und neben Setup liegt (1)${NEW_LINE}\
  /D=ORDNER: als Letztes, ohne Anführungszeichen${NEW_LINE}${NEW_LINE}\
  Endet mit: 0 fertig, 1 abgebrochen, 2 fehlgeschlagen, 3 falscher Schalter, 4 falsche Einstellungen, 5 neuere Version da, 6 in Gebrauch, \
  7 anderes Setup, 8 installiert, aber nicht alles, 9 nicht auf diesem Windows oder mit diesem Konto"
${Text} help_uninstall \
  "uninstall.exe${NEW_LINE}\
  /S: ask nothing${NEW_LINE}\
  /KEEPDATA: settings, queue, history and passwords stay (so unless told otherwise)${NEW_LINE}\
  /REMOVEDATA: they are removed too; waiting mail is lost${NEW_LINE}\
  /GIVEBACK=1|0: start the Windows SMTP service again, if Outtray had taken over from it (0)${NEW_LINE}\
  /LANG=en|de${NEW_LINE}\
  /LOG=FILE${NEW_LINE}\
  _?=FOLDER: the last one, without quotes, the folder of Outtray: wait for the end and tell how it went" \
  "uninstall.exe${NEW_LINE}\
  /S: nichts fragen${NEW_LINE}\
  /KEEPDATA: Einstellungen, Warteschlange, Verlauf und Kennwörter bleiben (so, wenn nichts gesagt ist)${NEW_LINE}\
  /REMOVEDATA: auch sie werden entfernt; wartende Mail geht verloren${NEW_LINE}\
  /GIVEBACK=1|0: den SMTP-Dienst von Windows wieder starten, wenn Outtray ihn abgelöst hatte (0)${NEW_LINE}\
  /LANG=en|de${NEW_LINE}\
  /LOG=DATEI${NEW_LINE}\
  _?=ORDNER: als Letztes, ohne Anführungszeichen, der Ordner von Outtray: auf das Ende warten und sagen, wie es ausging"

!macroend
