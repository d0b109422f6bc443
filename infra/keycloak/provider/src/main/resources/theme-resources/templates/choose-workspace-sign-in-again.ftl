<#import "template.ftl" as layout>
<@layout.registrationLayout displayMessage=false; section>
  <#if section = "header">
    ${msg("chooseWorkspaceSignInAgainTitle")}
  <#elseif section = "form">
    <link rel="stylesheet" href="${url.resourcesPath}/css/choose-workspace.css">
    <p id="cw-chosen" class="cw-chosen">${workspace}</p>
    <div id="cw-sign-in-again">
      <p class="cw-text">${msg("chooseWorkspaceSignInAgain", before)}</p>
      <p class="cw-text">${msg("chooseWorkspaceSignInAgainHelp")}</p>
    </div>
    <form id="cw-form" class="${properties.kcFormClass!}" action="${url.loginAction}" method="post">
      <div class="cw-buttons">
        <button id="cw-continue" type="submit" name="continue" value="true" class="${properties.kcButtonClass!} ${properties.kcButtonPrimaryClass!} ${properties.kcButtonBlockClass!}">${msg("chooseWorkspaceContinue")}</button>
        <button id="cw-again" type="submit" name="again" value="true" class="${properties.kcButtonClass!} ${properties.kcButtonSecondaryClass!properties.kcButtonDefaultClass!} ${properties.kcButtonBlockClass!}">${msg("chooseWorkspaceOther")}</button>
      </div>
    </form>
  </#if>
</@layout.registrationLayout>
