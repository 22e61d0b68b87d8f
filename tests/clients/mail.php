<?php
// Hands in a message with the text on standard input by mail(), as sendmail_path has it: FROM TO SUBJECT.
[, $from, $to, $subject] = $argv;
$fields = ['From' => $from, 'MIME-Version' => '1.0', 'Content-Type' => 'text/plain; charset=utf-8', 'Content-Transfer-Encoding' => '8bit'];
exit(mail($to, $subject, stream_get_contents(STDIN), $fields) ? 0 : 1);
