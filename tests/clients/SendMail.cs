// Hands in a message with the text on standard input by System.Net.Mail: HOST PORT MODE FROM TO USER PASSWORD SUBJECT.
using System;
using System.IO;
using System.Net;
using System.Net.Mail;
using System.Text;

static class SendMail
{
    static void Main(string[] words)
    {
        // As devices do: whatever certificate is shown is taken.
        ServicePointManager.ServerCertificateValidationCallback = (sender, certificate, chain, errors) => true;
        var text = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false)).ReadToEnd();
        using (var client = new SmtpClient(words[0], int.Parse(words[1])))
        using (var message = new MailMessage(words[3], words[4], words[7], text))
        {
            message.BodyEncoding = new UTF8Encoding(false);
            client.EnableSsl = words[2] == "starttls" || words[2] == "auth-login";
            if (words[5] != "")
                client.Credentials = new NetworkCredential(words[5], words[6]);
            client.Send(message);
        }
    }
}
